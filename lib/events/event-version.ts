/** Defines the version of the event format. */

/** Version of the event format. Incremented when a reader of an older version could misread an event. */
export const eventVersion = 1
