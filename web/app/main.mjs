/** The citizen demo: what an app does with the API, in as few lines as it takes. */

const part = (id) => document.getElementById(id);
const known = JSON.parse(part('known').textContent);
const first = known.lang === 'en' ? 1 : 0;
const session = { token: '', version: '' };

/** An element with properties and children; texts go in as text. */
function el(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A pair [zh, en] or {zh, en} in both languages, the page's first. */
function both(pair) {
  const texts = Array.isArray(pair) ? pair : [pair.zh, pair.en];
  const span = (at, className) => el('span', { className, lang: ['zh-CN', 'en'][at], textContent: texts[at] });
  return [span(first, 'main'), ' ', span(1 - first, 'also')];
}

const words = (name, values = {}) =>
  known.texts[name].map((text) => text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? '')));

function button(name, action) {
  return el('button', { type: 'button', onclick: () => attempt(action) }, ...both(words(name)));
}

// --- the API ------------------------------------------------------------------------------------------------

class Refused extends Error {}

async function call(method, path, body, headers = {}) {
  const response = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${session.token}`,
      ...(session.version && { 'x-app-version': session.version }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw Object.assign(new Refused(problem.detail ?? problem.message ?? ''), { status: response.status, problem });
}

const get = async (path) => (await call('GET', path)).json();

/** Do something and say how it went. */
async function attempt(action) {
  part('told').replaceChildren();
  try {
    await action();
  } catch (error) {
    const { status, problem } = error;
    const line = el('p', { className: 'bad' });
    if (!(error instanceof Refused)) line.append(...both(words('network')));
    else {
      line.append(el('strong', {}, ...both(words('failed'))), ` ${status} ${problem.code ?? ''}: ${error.message}`);
      if (problem.next_step) line.append(el('br'), ...both(problem.next_step));
      if (problem.minimum_version) line.append(` (${problem.minimum_version})`);
    }
    part('told').replaceChildren(line);
    part('told').scrollIntoView({ block: 'nearest' });
  }
}

function tell(...children) {
  part('told').replaceChildren(el('p', {}, ...children));
}

// --- vehicles -----------------------------------------------------------------------------------------------

async function enter() {
  const { vehicles } = await get('/v1/me/vehicles');
  vehicles.sort((a, b) => (a.certificate_id === null) - (b.certificate_id === null));
  part('mine').hidden = part('others').hidden = false;
  part('certificate').hidden = true;
  part('vehicles').replaceChildren(...(vehicles.length ? vehicles.map(vehicle) : [el('li', {}, ...both(words('nothing')))]));
  await bindings();
}

function vehicle(v) {
  const item = el(
    'li',
    {},
    el('p', { className: `plate ${known.plate_looks[v.plate_class.code] ?? 'white'}`, textContent: v.plate }),
    el('p', { className: 'line' }, ...[v.plate_class, v.vehicle_type, words(v.relation)].flatMap((pair) => [...both(pair), '　'])),
    el('p', { className: 'line' }, ...both(words('until', { day: v.inspection_valid_until ?? '—' }))),
  );
  const row = el('p', { className: 'row' });
  for (const purpose of ['current', 'claim']) {
    const can = v.can[purpose];
    if (can.possible && can.issues) row.append(button(purpose, () => apply(v, purpose)));
    const why = el('div', { className: 'why' }, el('p', { className: 'line' }, el('strong', {}, ...both(words(purpose)))));
    if (can.possible) why.append(el('p', {}, ...both(words(can.issues ? 'new' : 'same', { day: can.valid_until }))));
    else {
      const extras = Object.entries(can.extras).map(([name, value]) => ` ${name}: ${value}`);
      why.append(el('p', {}, ...both(can.message)), el('p', {}, ...both(can.next_step)), el('code', {}, can.reason, ...extras));
    }
    item.append(why);
  }
  if (v.certificate_id) row.append(button('show', () => show(v.certificate_id)));
  item.append(row);
  return item;
}

async function apply(v, purpose) {
  const body = { plate_class: v.plate_class.code, plate: v.plate, purpose };
  const made = await (await call('POST', '/v1/certificates', body, { 'idempotency-key': crypto.randomUUID() })).json();
  await enter();
  await show(made.certificate_id);
}

// --- a certificate ------------------------------------------------------------------------------------------

async function show(id) {
  const certificate = await get(`/v1/certificates/${id}`);
  const { status, status_as_of: at, valid_until: day } = certificate;
  part('certificate').hidden = false;
  part('details').replaceChildren(
    el('p', {}, el('strong', { textContent: `${certificate.plate} ` }), ...both(words('until', { day }))),
    el('p', {}, ...both(words('state', { state: status, at: at.slice(0, 19).replace('T', ' ') }))),
    el(
      'p',
      { className: 'row even' },
      button('pdf', () => download(id, 'pdf')),
      button('png', () => download(id, 'png')),
      button('share', () => share(id)),
      button('paper', () => paper(id)),
      el('a', { href: `/V/${certificate.code.split('/V/')[1]}` }, ...both(words('verify'))),
    ),
    el('div', { id: 'paper' }),
    el('div', { id: 'shares' }),
  );
  part('mark').focus();
  await Promise.all([listShares(id), showPaper(id), face(id, status)]);
}

const file = async (id, format) => (await call('GET', `/v1/certificates/${id}/file?format=${format}`)).blob();

async function face(id, status) {
  const image = part('face');
  image.hidden = true;
  if (status !== 'active') return;
  image.src = URL.createObjectURL(await file(id, 'svg'));
  await image.decode();
  image.hidden = false;
}

async function download(id, format) {
  const address = URL.createObjectURL(await file(id, format));
  el('a', { href: address, download: `${id}.${format}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function share(id) {
  const made = await (await call('POST', `/v1/certificates/${id}/shares`, { expires_in_hours: 24 })).json();
  tell(...both(words('shared')), el('br'), el('a', { href: made.url, textContent: made.url, target: '_blank', rel: 'noopener' }));
  await listShares(id);
}

async function listShares(id) {
  const { shares } = await get(`/v1/certificates/${id}/shares`);
  const line = ({ share_id: name, status, views, expires_at: until }) =>
    el(
      'li',
      {},
      ...both(words('link', { status, views, until: until.slice(0, 16).replace('T', ' ') })),
      ...(status === 'open' ? [' ', button('withdraw', () => withdraw(id, name))] : []),
    );
  const list = shares.length ? [el('h3', {}, ...both(words('shares'))), el('ul', { className: 'cards' }, ...shares.map(line))] : [];
  part('shares').replaceChildren(...list);
}

async function withdraw(id, name) {
  await call('DELETE', `/v1/certificates/${id}/shares/${name}`);
  await listShares(id);
  tell(...both(words('done')));
}

async function paper(id) {
  const { issuer } = await get(`/v1/certificates/${id}`);
  await call('POST', `/v1/certificates/${id}/paper`, { delivery: 'pickup', office: issuer.code });
  await showPaper(id);
}

async function showPaper(id) {
  const asked = await get(`/v1/certificates/${id}/paper`).catch(() => null);
  if (asked === null) return;
  const cancel = button('cancel', async () => {
    await call('DELETE', `/v1/certificates/${id}/paper`);
    await showPaper(id);
  });
  const row = asked.status === 'requested' ? [' ', cancel] : [];
  part('paper').replaceChildren(el('p', {}, ...both(words('papers', { status: asked.status })), ...row));
}

// --- bindings -----------------------------------------------------------------------------------------------

async function bindings() {
  const { bindings: found } = await get('/v1/me/bindings').catch(() => ({ bindings: [] }));
  const step = (name, method, path) =>
    button(name, async () => {
      await call(method, path);
      await enter();
    });
  const line = ({ binding_id: id, plate, status, relation }) => {
    const place = `/v1/me/bindings/${id}`;
    const row = [];
    if (status === 'pending' && relation === 'owner') {
      row.push(step('approve', 'POST', `${place}/approval`), step('refuse', 'POST', `${place}/refusal`));
    }
    if (status === 'approved' || (status === 'pending' && relation !== 'owner')) row.push(step('end', 'DELETE', place));
    return el('li', {}, ...both(words('binding', { plate, status })), el('p', { className: 'row' }, ...row));
  };
  part('bindings').replaceChildren(...found.map(line));
}

part('bind').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(async () => {
    await call('POST', '/v1/me/bindings', Object.fromEntries(new FormData(event.target)));
    await enter();
    tell(...both(words('done')));
  });
});

// --- sign in ------------------------------------------------------------------------------------------------

/** A deployment on one machine hands the tokens of its sample citizens to this page; elsewhere one is pasted. */
async function samples() {
  const response = await fetch('/app/tokens.json').catch(() => null);
  return response?.ok ? response.json() : {};
}

const people = part('people').querySelector('select');
const tokens = await samples();
for (const name of Object.keys(tokens)) people.append(el('option', { value: name, textContent: name }));
part('people').hidden = people.length === 0;
part('paste').hidden = people.length > 0;
part('sign-in').hidden = false;
part('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(async () => {
    // They are renewed every quarter of an hour, so they are asked for anew.
    session.token = people.length > 0 ? (await samples())[people.value] : part('paste').querySelector('textarea').value.trim();
    session.version = part('version').value.trim();
    await enter();
  });
});
