/** Puts a finding into the page's own markup (templates/finding.html); every value goes in as text. */

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

export class Words {
  /** `known`: the JSON that the page carries (jianbiao_render.tools). */
  constructor(known) {
    this.known = known;
    this.first = known.lang === 'en' ? 1 : 0;
  }

  /** A pair [zh, en] of `states` with its places filled in. */
  state(name, values = {}) {
    return this.known.states[name].map((text, at) =>
      text.replace(/\{(\w+)\}/g, (_, key) => (Array.isArray(values[key]) ? values[key][at] : String(values[key]))),
    );
  }

  /** How long ago, as a pair; `then` and `now` in epoch seconds. */
  age(then, now) {
    const past = Math.max(0, now - then);
    if (past < 60) return this.state('now');
    if (past < 3600) return this.state('minutes', { n: Math.floor(past / 60) });
    if (past < 86_400) return this.state('hours', { n: Math.floor(past / 3600) });
    return this.state('days', { n: Math.floor(past / 86_400) });
  }

  /** Write a pair into an element: the page's language, and the other one beside it. */
  write(element, pair) {
    const spans = ['main', 'also'].map((name, at) => {
      const span = document.createElement('span');
      const which = at === 0 ? this.first : 1 - this.first;
      span.className = name;
      span.lang = ['zh-CN', 'en'][which];
      span.textContent = pair[which];
      return span;
    });
    element.replaceChildren(spans[0], ' ', spans[1]);
  }
}

/** Epoch seconds as 2026-12-02 09:30:00, in China's time. */
export function moment(seconds) {
  return new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** The last valid day of an `exp`, as a pair. */
export function lastDay(exp) {
  const [year, month, day] = moment(exp - 1).slice(0, 10).split('-');
  return [`${year}年${month}月${day}日`, `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}`];
}

/** Plate as [head, tail]; the head is empty for plates that are not written with a dot. */
export function plateParts(plate) {
  return plate.startsWith('使') || /[0-9]/.test(plate[1] ?? '') ? ['', plate] : [plate.slice(0, 2), plate.slice(2)];
}

/** The finding as a document fragment. `online`: address of the page that asks the store. */
export function rendered(finding, words, online) {
  const fragment = document.querySelector(`template[data-look="${finding.look}"]`).content.cloneNode(true);
  const slot = (name) => fragment.querySelector(`[data-slot="${name}"]`);
  const { known } = words;
  slot('checked_at').textContent = moment(finding.checkedAt);
  if (finding.reason !== null) words.write(slot('reason').lastElementChild, known.reasons[finding.reason]);
  if (finding.claims === null) return fragment;

  const { claims } = finding;
  const [head, tail] = plateParts(claims.plate);
  const plate = slot('plate');
  const look = known.plate_looks[claims.plateClass];
  if (look !== undefined) plate.classList.add(look);
  const [before, dot, after] = plate.children;
  [before.textContent, dot.hidden, after.textContent] = [head, head === '', tail];
  words.write(slot('plate_class'), named(known.plate_classes, claims.plateClass));
  words.write(slot('vehicle_type'), named(known.vehicle_types, claims.vehicleType));
  words.write(slot('issuer'), claims.issuer ? [claims.issuer.zh, claims.issuer.en] : unknown(claims.iss));
  const day = lastDay(claims.exp);
  const until = slot('valid_until');
  until.querySelector('strong').textContent = day[words.first];
  until.lastElementChild.textContent = day[1 - words.first];
  slot('certificate_id').textContent = claims.id;
  slot('issued_at').textContent = moment(claims.iat);
  const source =
    finding.asOf === null
      ? words.state('none-source')
      : words.state('list-source', { as_of: moment(finding.asOf), age: words.age(finding.asOf, finding.checkedAt) });
  words.write(slot('source'), source);
  slot('online').href = online;
  return fragment;
}

const unknown = (code) => [`未知（${code}）`, `unknown (${code})`];
const named = (names, code) => (Object.hasOwn(names, code) ? names[code] : unknown(code));
