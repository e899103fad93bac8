/** Reads parameters that are true or false. */

/** Reports whether a parameter of a query is set, as dockerd reads it. */
export const isSet = (value: string | undefined): boolean =>
  value !== undefined && !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase())
