// Nothing typed is lost: forms marked [data-draft] are saved on the server on blur and every 20 s, on this device
// while there is no connection; what stands in the other forms of a page outlives a press in one of them.
(() => {
  const own = document.currentScript.dataset, mine = `draft:${own.who}:`, stash = `stash:${own.who}:${location.pathname}`;
  const all = (css, root = document) => [...root.querySelectorAll(css)];
  const store = kind => { try { return window[kind]; } catch { return null; } };
  const local = store('localStorage'), tab = store('sessionStorage');
  const put = (at, key, value) => { try { at.setItem(key, value); return true; } catch { return false; } };
  const take = (at, key) => { try { return JSON.parse(at.getItem(key)); } catch { return null; } };
  const drop = (at, key) => { try { at.removeItem(key); } catch { /* private window */ } };
  const keys = at => { try { return Object.keys(at); } catch { return []; } };
  const WEEK = 7 * 864e5, HALF = 18e5;
  for (const k of (own.done || '').split(' ').filter(Boolean)) drop(local, mine + k);

  // The fields of a form as pairs; never files, passwords or tokens.
  const SKIP = ['csrf_token', 'kept', 'draft', 'over', 'aside'];
  const words = form => [...new FormData(form)].filter(([k, v]) => typeof v === 'string' && !SKIP.includes(k)
    && !(form.elements[k] && form.elements[k].type === 'password'));
  const hides = form => all('input[type=password]', form).length;
  const fill = (form, pairs) => {
    const left = {};
    for (const [k, v] of pairs) (left[k] = left[k] || []).push(v);
    for (const f of form.elements) {
      const has = left[f.name] || [];
      if (['hidden', 'file', 'password', 'submit', 'button', 'reset'].includes(f.type) || !f.name) continue;
      if (f.type === 'checkbox' || f.type === 'radio') { if (has.length || f.type === 'checkbox') f.checked = has.includes(f.value); }
      else if (f.tagName === 'SELECT') { if ([...f.options].some(o => o.value === has[0])) f.value = has.shift(); }
      else if (has.length) f.value = has.shift();
      const fold = f.value && f.value !== f.defaultValue && f.tagName !== 'SELECT' && f.closest('details');
      if (fold) fold.open = true;
    }
    form.dispatchEvent(new Event('change', { bubbles: true }));
  };

  // Sends a draft; answers what the server said, or null where it could not be reached.
  const post = async (url, pairs, token, key, over) => {
    const body = new URLSearchParams([...pairs, ['csrf_token', token], ['draft', key], ['over', over]]);
    try {
      const answer = await fetch(url, { method: 'POST', body, redirect: 'manual', keepalive: body.toString().length < 6e4 });
      const json = (answer.headers.get('Content-Type') || '').startsWith('application/json');
      return { ok: answer.ok && json, status: answer.status, ...(json ? await answer.json() : {}) };
    } catch { return null; }
  };

  class Draft {
    constructor(bar) {
      Object.assign(this, { bar, form: bar.closest('form'), at: bar.dataset.at, dirty: false, busy: null, timer: 0 });
      this.key = bar.querySelector('[name=draft]').value;
      this.status = bar.querySelector('[role=status]');
      this.form.addEventListener('input', () => this.touch());
      this.form.addEventListener('change', e => { if (e.isTrusted) this.touch(); });
      this.form.addEventListener('focusout', () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.save(), 400); });
      this.restore();
    }
    touch() { this.dirty = true; if (!navigator.onLine) this.keep(own.offline); }
    say(text) { if (text) this.status.textContent = text; }
    saved(answer) {
      this.at = answer.at; this.say(answer.said); drop(local, mine + this.key);
      for (const b of all('button[hidden]', this.bar)) b.hidden = false;
    }
    keep(why) {
      const kept = { at: this.at, when: Date.now(), url: this.bar.dataset.draft, words: words(this.form) };
      if (put(local, mine + this.key, JSON.stringify(kept))) this.say(why);
    }
    save() {
      if (!this.dirty || gone) return this.busy;
      if (this.busy) return this.busy;
      this.dirty = false;
      return this.busy = this.send('any').finally(() => { this.busy = null; });
    }
    async send(over) {
      const answer = await post(this.bar.dataset.draft, words(this.form), this.form.elements.csrf_token.value, this.key, over);
      if (answer && answer.ok) { this.saved(answer); return; }
      if (answer && answer.said) { this.say(answer.said); return; }
      this.dirty = true;
      this.keep(!answer ? own.offline : [400, 401, 0].includes(answer.status) ? own.ended : own.failed);
    }
    // What this device kept goes into the form and to the server, unless a newer draft was saved elsewhere.
    restore() {
      const kept = take(local, mine + this.key);
      if (!kept) return;
      const use = () => { fill(this.form, kept.words); this.dirty = true; this.save(); };
      if (kept.at === this.at) { use(); return; }
      this.say(own.newer);
      const b = document.createElement('button');
      Object.assign(b, { type: 'button', className: 'btn quiet sm', textContent: own.use });
      b.addEventListener('click', () => { b.remove(); use(); });
      this.bar.append(b);
    }
  }
  let gone = false;
  const drafts = all('[data-draft]').map(bar => new Draft(bar));
  setInterval(() => drafts.forEach(d => d.save()), 20000);
  addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') drafts.forEach(d => d.save()); });
  addEventListener('pageshow', e => {
    if (e.persisted) { gone = false; for (const f of all('form[data-waited]')) delete f.dataset.waited; }
  });
  addEventListener('offline', () => drafts.forEach(d => { if (d.dirty) d.keep(own.offline); }));

  // What was kept for other pages is sent as soon as there is a connection.
  const flush = async () => {
    const token = document.querySelector('[name=csrf_token]'), here = drafts.map(d => mine + d.key);
    for (const k of keys(local).filter(k => k.startsWith('draft:'))) {
      const kept = take(local, k);
      if (!kept || Date.now() - kept.when > WEEK) drop(local, k);
      else if (k.startsWith(mine) && token && !here.includes(k)) {
        const answer = await post(kept.url, kept.words, token.value, k.slice(mine.length), kept.at);
        if (answer && answer.ok) drop(local, k);
      }
    }
    drafts.forEach(d => d.save());
  };
  addEventListener('online', flush);
  if (navigator.onLine) flush();

  // The other forms of the page: stashed in this tab when one is sent, put back when the page opens again.
  const plain = () => all('form[method=post]').filter(f => !f.querySelector('[data-draft]') && !hides(f) && !f.hidden);
  const touched = new Set();
  document.addEventListener('input', e => { if (e.target.form) touched.add(e.target.form); });
  const named = form => `${form.getAttribute('action') || ''} ${plain().filter(f => f.getAttribute('action') === form.getAttribute('action')).indexOf(form)}`;
  const before = take(tab, stash);
  if (before && Date.now() - before.when < HALF) {
    for (const form of plain()) {
      const was = before.forms[named(form)];
      if (!was || JSON.stringify(was) === JSON.stringify(words(form))) continue;
      fill(form, was); touched.add(form);
      const note = document.createElement('p');
      note.className = 'small late-t'; note.setAttribute('role', 'status'); note.textContent = own.back;
      form.prepend(note);
      for (let fold = form.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
    }
  }
  drop(tab, stash);

  document.addEventListener('submit', e => {
    const form = e.target, b = e.submitter;
    if (form.method !== 'post') return;
    if (/\/logout$/.test(form.action)) {
      gone = true;
      for (const [at, head] of [[local, 'draft:'], [tab, 'stash:']]) for (const k of keys(at)) if (k.startsWith(head)) drop(at, k);
      return;
    }
    const forms = {};
    for (const one of touched) if (one !== form && one.isConnected && plain().includes(one)) forms[named(one)] = words(one);
    if (Object.keys(forms).length) put(tab, stash, JSON.stringify({ when: Date.now(), forms }));
    const sent = drafts.find(d => d.form === form && !(b && b.name === 'aside')), others = drafts.filter(d => d !== sent);
    if (!navigator.onLine && drafts.length) {
      e.preventDefault();
      for (const d of drafts) if (d.dirty || d === sent) { d.dirty = true; d.keep(own.offline); }
      return;
    }
    if (b && /\/drafts$/.test(b.formAction)) { e.preventDefault(); sent.dirty = true; sent.save(); return; }
    if (sent) {
      clearTimeout(sent.timer); sent.dirty = false;
      if (take(local, mine + sent.key)) sent.keep('');
    }
    const waits = [...others.filter(d => d.form !== form).map(d => d.save()), ...drafts.map(d => d.busy)].filter(Boolean);
    if (!waits.length || form.dataset.waited) { gone = true; return; }
    e.preventDefault();
    form.dataset.waited = '1';
    Promise.race([Promise.all(waits), new Promise(done => setTimeout(done, 4000))]).then(() => {
      if (form.requestSubmit) form.requestSubmit(b); else form.submit();
    });
  }, true);
})();
