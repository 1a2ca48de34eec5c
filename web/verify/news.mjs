/** What a try to update has come to, as a pair of texts: what was not updated and why, and of when the data at hand are. */

import { moment } from './show.mjs';

/** `outcome`: of Trust.update. Null where everything was updated: what is shown of the data says so. */
export function told(outcome, trust, words, now) {
  const isKeys = outcome.keys !== 'updated';
  const why = isKeys ? outcome.keys : outcome.lists;
  if (why === 'updated') return null;
  // Without new keys no list was asked for.
  const part = isKeys ? { older: 'keys', refused: 'keys' }[why] ?? 'both' : 'lists';
  const said = [words.state(why, { part: words.state(`part-${part}`) })];
  if (!isKeys) said.unshift(words.state('part-updated', { part: words.state('part-keys') }));
  else if (trust.keys !== null) said.push(words.state('kept-keys', { age: words.age(trust.keysAt, now) }));
  const asOf = trust.asOf(now);
  if (asOf !== null) said.push(words.state('kept-lists', { as_of: moment(asOf), age: words.age(asOf, now) }));
  else if (trust.keys !== null) said.push(words.state('kept-none'));
  return [said.map(([zh]) => zh).join(''), said.map(([, en]) => en).join(' ')];
}
