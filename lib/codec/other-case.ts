/**
 * Keys that differ from a known field only in case. Go's readers take them for that field and JavaScript's do not,
 * so a document that has one means two things, and scanners would see another image than the one pulled.
 */

/** As Go's encoding/json folds: upper then lower also catches ſ and the Kelvin sign. */
const folded = (key: string): string => key.toUpperCase().toLowerCase()

/** The first own key of `value` that is one of `fields` in other case; undefined if there is none. */
export function otherCase(value: object, fields: readonly string[]): string | undefined {
  const known = new Map(fields.map((field) => [folded(field), field]))
  return Object.keys(value).find((key) => (known.get(folded(key)) ?? key) !== key)
}
