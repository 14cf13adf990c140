/**
 * @module Text from devices, made harmless for a page: what could steer, hide or look like something else is shown as its
 * code point, so that two different texts never look alike. Pure.
 */

/** Printable ASCII but the backslash, and precomposed Latin letters: what the page's fonts show, and nobody confuses. */
const PLAIN = /^[\u0020-\u005b\u005d-\u007e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017e]$/

/** Returns `text` with every other character as `\u{…}`, the backslash doubled; spaces at the ends shown too. */
export function visible(text: string): string {
  const shown = [...text].map((character) => {
    if (character === '\\') return '\\\\'
    return PLAIN.test(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`
  })
  const isEdge = (i: number): boolean => shown[i] === ' '
  if (isEdge(0)) shown[0] = '\\u{20}'
  if (isEdge(shown.length - 1)) shown[shown.length - 1] = '\\u{20}'
  return shown.join('')
}
