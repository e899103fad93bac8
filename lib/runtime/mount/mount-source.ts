/** Identifies the mounts of Windlass in the table of mounts. */

/** Returns the text that the table of mounts shows as the source of the mount `id`. */
export const mountSource = (id: string): string => `windlass:${id}`
