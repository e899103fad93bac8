/**
 * How big what is read into memory may be.
 */

/** Bytes of a manifest or a config: 4 MiB, as containerd (CVE-2023-25153, CVE-2020-1702). */
export const documentLimit = 4 * 1024 * 1024
