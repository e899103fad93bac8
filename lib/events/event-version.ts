/** Raised when a reader of an older version could misread an event. */
export const eventVersion = 1
