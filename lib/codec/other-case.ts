/**
 * Provides `keyInOtherCase`, which finds keys that differ from a known field only in case. Go matches JSON keys to
 * fields regardless of case, JavaScript does not. From a document with such a key, a scanner written in Go could read
 * another image than the one that is pulled.
 */

/** Folds case as Go's encoding/json does. Upper case then lower case also covers ſ and the Kelvin sign. */
const foldCase = (key: string): string => key.toUpperCase().toLowerCase()

/** Returns the first own key of `value` that equals one of `fields` except for its case, or undefined. */
export function keyInOtherCase(value: object, fields: readonly string[]): string | undefined {
  const known = new Map(fields.map((field) => [foldCase(field), field]))
  return Object.keys(value).find((key) => (known.get(foldCase(key)) ?? key) !== key)
}
