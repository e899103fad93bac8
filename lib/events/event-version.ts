/** Defines the version of the event format. */

/** Version of the event format. Incremented by changes that readers of the previous version would misunderstand. */
export const eventVersion = 1
