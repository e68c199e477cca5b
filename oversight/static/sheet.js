// Long lists and sheets: running sums, looking for a name, one more line. Everything works without this file.
(() => {
  const all = (css, root = document) => [...root.querySelectorAll(css)], by = id => document.getElementById(id);
  const number = text => { const n = String(text).trim(); return /^\d+$/.test(n) ? Number(n) : n ? NaN : 0; };

  // The votes of each member add up to the valid ballots, as the server will ask.
  for (const table of all('table[data-sum]')) {
    const valid = by(table.dataset.sum), said = document.querySelector(`[data-unequal="${table.id}"]`);
    const rows = all('tbody tr', table).map(row => [row, all('input[inputmode]', row), row.querySelector('output')]);
    const add = () => {
      let off = 0;
      for (const [row, fields, sum] of rows) {
        const begun = fields.some(f => f.value.trim()), n = fields.reduce((so, f) => so + number(f.value), 0);
        const wrong = begun && valid.value.trim() !== '' && n !== number(valid.value);
        for (const old of all('.sum small', row)) old.remove();
        sum.textContent = begun ? (Number.isNaN(n) ? '?' : n) : '';
        row.classList.toggle('off', wrong); off += wrong;
      }
      said.textContent = off ? said.dataset.say.replace('#', off) : '';
    };
    table.closest('form').addEventListener('input', add); add();
  }

  // A name is looked for: what doesn't match is out of sight, and is sent all the same.
  for (const field of all('[data-find]:not([data-find=""])')) {
    const list = by(field.dataset.find), picker = list.tagName === 'SELECT';
    const items = picker ? all('option', list).map(o => [o, o.parentNode]) : all('[data-name]', list).map(i => [i]);
    const match = item => !field.value.trim() || !item.value && picker ||
      (picker ? item.textContent : item.dataset.name).includes(field.value.trim());
    const look = () => {
      if (!picker) { for (const [item] of items) item.hidden = !match(item); return; }
      const was = list.value;
      for (const [option, group] of items) { if (match(option) || option.value === was) group.append(option); else option.remove(); }
      list.value = was;
    };
    field.hidden = false;
    field.addEventListener('input', look);
    field.addEventListener('keydown', e => { if (e.key === 'Enter') e.preventDefault(); });
  }

  // One more line about the same member, with numbers of its own.
  for (const list of all('.said-of')) {
    let last = all('[data-name]', list).length;
    list.addEventListener('click', e => {
      const more = e.target.closest('[data-more]');
      if (!more) return;
      const line = more.closest('li'), next = line.cloneNode(true);
      last += 1;
      for (const f of all('[name]', next)) {
        f.name = f.name.replace(/-\d+-/, `-${last}-`);
        if (f.type !== 'hidden') f.value = '';
      }
      next.classList.remove('field-err');
      for (const msg of all('.msg', next)) msg.remove();
      line.after(next); next.querySelector('input:not([type=hidden])').focus();
    });
    for (const b of all('[data-more]', list)) b.hidden = false;
  }
})();
