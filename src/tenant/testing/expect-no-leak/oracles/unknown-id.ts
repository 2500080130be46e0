import { randomInt } from 'node:crypto';

/** How many characters are made anew: fewer than those in which uuids and their like carry version and time. */
const ANEW = 8;

/** Above what a sequence of a test's database reaches, and what an int4 can hold. */
const LARGE_NUMBERS = [1_900_000_000, 2_100_000_000] as const;

/** An id of the same form which nobody has. */
export function unknownId(id: string): string {
  if (/^\d{1,9}$/.test(id)) return String(randomInt(...LARGE_NUMBERS));
  const alphabets = { digits: '0123456789', letters: lettersOf(id) };
  const from = Math.max(1, id.length - ANEW);
  const tail = Array.from(id.slice(from), (character) => {
    if (/\d/.test(character)) return pick(alphabets.digits);
    return /[a-z]/i.test(character) ? pick(alphabets.letters) : character;
  });
  const made = id.slice(0, from) + tail.join('');
  return made === id ? `${id}0` : made;
}

/** Which letters an id may have, those it has tell best: all of hexadecimal, or of base32. */
function lettersOf(id: string): string {
  return [...new Set(id.slice(-26).replace(/[^a-z]/gi, ''))].join('');
}

function pick(alphabet: string): string {
  return alphabet.charAt(randomInt(alphabet.length));
}
