// Photos go by themselves, one request each, made smaller first. Without this file the form sends them all at once.
(() => {
  const box = document.querySelector('[data-photos]');
  if (!box) return;
  const MOST = 1600, PATIENCE = 60000, form = box.querySelector('input[type=file]').form, say = box.dataset;
  const one = css => box.querySelector(css), list = one('.up-list'), said = one('.up-said');
  const fill = (text, words) => Object.keys(words).reduce((found, name) => found.replace(`{${name}}`, words[name]), text);
  const items = [];
  let busy = false, saved = 0, waiting = null, token = form.elements.csrf_token.value;

  box.classList.add('on');
  one('.only-js').hidden = false;
  one('.up-less').checked = true;
  one('.no-js').hidden = true;

  // A photo that this browser can't read (HEIC outside of Safari), and a paper, go as they are.
  const smaller = file => new Promise(done => {
    if (file.type && !file.type.startsWith('image/')) { done(file); return; }
    const img = new Image(), url = URL.createObjectURL(file), end = found => { URL.revokeObjectURL(url); done(found); };
    img.onerror = () => end(file);
    img.onload = () => {
      const by = Math.min(1, MOST / Math.max(img.naturalWidth, img.naturalHeight));
      if (by === 1 && file.size < 1048576) { end(file); return; }
      const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
      canvas.width = Math.max(1, Math.round(img.naturalWidth * by));
      canvas.height = Math.max(1, Math.round(img.naturalHeight * by));
      pen.imageSmoothingQuality = 'high';
      pen.fillStyle = '#fff';
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(img, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(found => end(found && (by < 1 || found.size < file.size) ? found : file), 'image/jpeg', 0.85);
    };
    img.src = url;
  });

  const words = () => {
    const found = new FormData(), named = name => form.elements[name];
    for (const name of ['ev-finding', 'ev-round', 'ev-note']) if (named(name)) found.append(name, named(name).value);
    return found;
  };

  // After a new log-in in another tab only a page made for it has a token that counts.
  const fresh = async () => {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(say.photos)).text(), 'text/html');
      const found = page.querySelector('[data-photos]');
      if (found) token = found.querySelector('input[type=file]').form.elements.csrf_token.value;
    } catch { /* no connection: the request itself will tell */ }
  };

  // One line a photo: its name, how far it is, and, where it was cut off, a button that sends it again.
  const add = file => {
    const line = document.createElement('li'), name = document.createElement('span'), bar = document.createElement('progress');
    const text = document.createElement('span'), key = crypto.getRandomValues(new Uint32Array(4)).join('-');
    name.textContent = file.name;
    text.textContent = say.waits;
    bar.max = 1; bar.value = 0;
    bar.setAttribute('aria-label', file.name);
    line.append(name, bar, text);
    list.append(line);
    list.hidden = false;
    items.push({ file, line, bar, text, key, words: words(), number: items.length + 1, state: 'waits' });
  };
  const button = (item, label, does) => {
    const b = document.createElement('button');
    b.type = 'button'; b.className = 'btn sm'; b.textContent = label;
    b.addEventListener('click', () => { for (const old of item.line.querySelectorAll('button')) old.remove(); does(); });
    item.line.append(b);
  };
  const drop = item => { item.state = 'gone'; item.line.remove(); list.hidden = !list.children.length; tell(''); };
  const again = item => { item.state = 'waits'; item.text.textContent = say.waits; item.text.className = ''; next(); };

  const tell = text => { said.textContent = text; };
  const stop = (item, text, retry, whose = '') => {
    item.state = retry ? 'cut' : 'refused';
    item.bar.hidden = true;
    item.text.className = 'late-t';
    item.text.textContent = text;
    if (retry) button(item, say.again, () => again(item));
    button(item, say.drop, () => drop(item));
    tell(whose + text);
  };
  const shown = (item, answer) => {
    const sent = document.createElement('ul');
    sent.innerHTML = answer.line;
    const to = document.querySelector(`[data-shown="${answer.of}"]`) || document.querySelector('[data-shown=""]');
    if (to) { to.append(...sent.children); to.hidden = false; }
    item.state = 'done';
    item.line.remove();
    list.hidden = !list.children.length;
    saved += 1;
    tell(fill(say.done, { n: saved }));
  };

  const send = async item => {
    item.small = item.small || (one('.up-less').checked ? await smaller(item.file) : item.file);
    const body = item.words;
    body.set('file', item.small, item.file.name);
    if (item.stale) await fresh();
    body.set('csrf_token', token);
    await new Promise(done => {
      const ask = new XMLHttpRequest();
      ask.open('POST', say.photos);
      ask.timeout = PATIENCE;
      ask.setRequestHeader('Accept', 'application/json');
      ask.setRequestHeader('Idempotency-Key', item.key);
      ask.upload.onprogress = e => {
        if (!e.lengthComputable) return;
        const part = Math.round(100 * e.loaded / e.total);
        item.bar.value = e.loaded / e.total;
        item.text.textContent = `${part} %`;
      };
      ask.onloadend = () => {
        let answer = null;
        try { answer = JSON.parse(ask.responseText); } catch { /* a page, or nothing */ }
        if (ask.status === 201 && answer) shown(item, answer);
        else if (answer && answer.detail && ask.status < 500) stop(item, answer.detail, false, `${item.file.name}：`);
        else if (ask.status === 200 || ask.status === 400 || ask.status === 401) {
          item.stale = true;
          stop(item, say.out, true);
        }
        else stop(item, fill(say.cut, { n: item.number }), true);
        done();
      };
      item.bar.hidden = false;
      tell(fill(say.sending, { n: item.number, part: item.file.name }));
      ask.send(body);
    });
  };
  const next = async () => {
    if (busy) return;
    busy = true;
    for (let item; (item = items.find(i => i.state === 'waits'));) { item.state = 'goes'; await send(item); }
    busy = false;
    const b = waiting;
    waiting = null;
    if (b && !items.some(i => i.state === 'cut' || i.state === 'refused')) b.click();
  };

  for (const input of box.querySelectorAll('input[type=file]')) {
    input.addEventListener('change', () => { for (const file of input.files) add(file); input.value = ''; next(); });
  }
  addEventListener('online', () => {
    for (const item of items.filter(i => i.state === 'cut')) {
      for (const old of item.line.querySelectorAll('button')) old.remove();
      again(item);
    }
  });
  // What else the page sends waits for the photos that are on their way.
  document.addEventListener('submit', e => {
    if (!busy) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    waiting = e.submitter;
    tell(say.wait);
  }, true);
  addEventListener('beforeunload', e => { if (busy) { e.preventDefault(); e.returnValue = ''; } });
})();
