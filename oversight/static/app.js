// Enhancement only: every action on every page works as a plain link or form post without this file.
(() => {
  const all = (css, root = document) => [...root.querySelectorAll(css)], one = css => document.querySelector(css);
  const keep = { get: k => { try { return localStorage.getItem(k); } catch { return null; } },
    set: (k, v) => { try { localStorage.setItem(k, v); } catch { /* private window: the choice lasts for the page */ } } };

  // What makes sense only with a script is hidden in the page and shown here.
  for (const b of all('[data-act=print]')) { b.hidden = false; b.addEventListener('click', () => print()); }
  // A password may be looked at while it is typed; it goes, and is left, as a password.
  for (const field of all('[data-see]')) {
    const b = document.createElement('button'), box = document.createElement('span');
    const show = on => { field.type = on ? 'text' : 'password'; b.setAttribute('aria-pressed', String(on));
      b.textContent = on ? field.dataset.hide : field.dataset.see; };
    b.type = 'button'; b.className = 'btn sm'; box.className = 'see-box'; b.setAttribute('aria-controls', field.id);
    field.before(box); box.append(field, b); show(false);
    b.addEventListener('click', () => { show(field.type === 'password'); field.focus(); });
    field.form.addEventListener('submit', () => show(false));
    addEventListener('pagehide', () => show(false));
  }
  for (const box of all('[data-phrases]')) {
    const field = document.getElementById(box.dataset.phrases);
    box.hidden = false;
    for (const b of all('button', box)) b.addEventListener('click', () => {
      field.value += b.textContent; field.dispatchEvent(new Event('input', { bubbles: true })); field.focus();
    });
  }
  for (const field of all('[data-echo]')) {
    const copy = document.getElementById(field.dataset.echo), empty = copy.textContent;
    field.addEventListener('input', () => { copy.textContent = field.value || empty; });
  }

  // Whom a sheet is for: the names that are ticked, beside the count that needs no script.
  for (const box of all('[data-picked]')) {
    const form = box.closest('form'), names = () => {
      box.textContent = all('.con-r input:checked', form).map(i => i.parentNode.querySelector('b').textContent).join('、');
      box.hidden = !box.textContent;
    };
    form.addEventListener('change', names); names();
  }

  // A bar for what is chosen shows once something is; a button ticks all that stands in a list.
  for (const bar of all('[data-chosen]')) {
    const show = () => { bar.hidden = ![...bar.elements].some(i => i.type === 'checkbox' && i.checked); };
    document.addEventListener('change', show);
    bar.addEventListener('reset', () => setTimeout(show)); show();
  }
  for (const b of all('[data-all]')) {
    const list = document.getElementById(b.dataset.all);
    b.hidden = false;
    b.addEventListener('click', e => {
      e.preventDefault(); // where it is a link, as without scripts
      const boxes = all('.con-r input, .checkl input', list).filter(i => i.type === 'checkbox' && !i.closest('[hidden]'));
      const on = boxes.some(i => !i.checked);
      for (const i of boxes) i.checked = on;
      if (b.tagName === 'BUTTON') b.setAttribute('aria-pressed', String(on));
      b.dispatchEvent(new Event('change', { bubbles: true }));
    });
  }

  // A wide table opens at the month that runs.
  for (const cell of all('[data-now]')) {
    const box = cell.closest('.scroll-x'), head = box && box.querySelector('th');
    if (box) box.scrollLeft = cell.offsetLeft - head.offsetWidth - 60;
  }

  // That an order was read is told by a post of its own, since a GET never writes.
  for (const form of all('form[data-seen]')) fetch(form.action, { method: 'POST', body: new FormData(form), keepalive: true });

  // A summary of errors takes the focus, so that it is read first.
  const wrong = one('.err-sum');
  if (wrong) wrong.focus();

  // Long work that has nothing more to say leads on.
  const onward = one('[data-onward]');
  if (onward) location.replace(onward.href);

  // A form is sent once, and its button says so; coming back by the browser's history makes it fresh again.
  let sent = [];
  const fresh = [], word = document.documentElement.dataset.busy;
  const busy = b => {
    const held = [...b.childNodes];
    b.setAttribute('aria-disabled', 'true');
    if (!b.matches('.ph-size,.icon-btn,.tel')) b.textContent = word;
    fresh.push(() => { b.removeAttribute('aria-disabled'); b.textContent = ''; b.append(...held); });
  };
  document.addEventListener('submit', e => {
    const b = e.submitter;
    if (e.target.method !== 'post' || e.defaultPrevented) return;
    if (sent.includes(e.target)) { e.preventDefault(); return; }
    sent.push(e.target);
    if (b) busy(b);
  });
  addEventListener('pageshow', e => { if (e.persisted) { sent = []; while (fresh.length) fresh.pop()(); } });

  // Single keys move the focus and never decide; a switch on the reader's own page turns them off.
  const desk = one('.queue'), off = () => keep.get('keys') === 'off';
  for (const box of all('[data-keys]')) {
    if (box.tagName !== 'P') { box.hidden = off(); continue; }
    const b = one('[data-keys] button'), show = () => b.setAttribute('aria-pressed', String(off()));
    box.hidden = false; show();
    b.addEventListener('click', () => { keep.set('keys', off() ? 'on' : 'off'); show(); });
  }
  let answer = null;
  document.addEventListener('keydown', e => {
    const typing = e.target.matches('input:not([type=checkbox]):not([type=radio]),textarea,select');
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
      const b = e.target.closest('.decide') && (e.target.closest('button') || answer);
      if (b) { e.preventDefault(); b.click(); }
      return;
    }
    if (e.key === 'Escape' && typing) { e.target.blur(); return; }
    if (typing || e.ctrlKey || e.metaKey || e.altKey || off()) return;
    const find = e.key === '/' && all('[data-find]').find(i => i.offsetParent), help = e.key === '?' && one('#help');
    if (find) { e.preventDefault(); find.focus(); find.select(); return; }
    if (help) { e.preventDefault(); help.open = !help.open; help.firstElementChild.focus(); return; }
    const key = e.key.toLowerCase(), b = one(`.decide [data-key="${CSS.escape(key)}"]`);
    if (b) { e.preventDefault(); answer = b; b.focus(); return; }
    if (!desk) return;
    const items = all('.q-item').filter(i => i.offsetParent);
    const at = items.findIndex(i => i.contains(document.activeElement));
    const here = at < 0 ? items.findIndex(i => i.classList.contains('on')) : at;
    const step = { j: 1, arrowdown: 1, k: -1, arrowup: -1 }[key];
    if (step && (key.length === 1 || at >= 0)) {
      const next = items[at < 0 && !items[here + step] ? here : here + step];
      if (next) { e.preventDefault(); all('a', next).find(a => a.offsetParent).focus(); }
    }
    const tick = key === 'x' && here >= 0 && items[here].querySelector('input[type=checkbox]');
    if (tick) { e.preventDefault(); tick.click(); }
  });
})();
