/** The warnings about parts of a layer that could not be unpacked. Each kind is reported once for each layer. */

/** The codes of all warnings, as keys. The values are not used. */
export const warningCodes = {
  /** Owners that this process cannot set, or that its user namespace or the file system does not support. */
  OWNER_SKIPPED: null,
  /** Entries with the owner 2^32 - 1, which is not a valid ID. They are given to root. */
  OWNER_NONE: null,
  /** Entries replaced by a directory, because the same layer has entries below them. */
  PARENT_REPLACED: null,
  /** More implied directories than can be recorded: see `ImpliedDirectories`. */
  IMPLIED_UNRECORDED: null,
  /** Devices with numbers that Linux does not support. */
  DEVICE_FOREIGN: null,
  /** Devices that this process may not create; FIFOs, if the file system does not support them. */
  DEVICE_SKIPPED: null,
  /** Character devices 0/0, which overlayfs would treat as whiteouts. */
  WHITEOUT_DEVICE_SKIPPED: null,
  /** Extended attributes that the user, the file system or Linux does not support. */
  XATTR_SKIPPED: null,
  /** Extended attributes of a namespace that images must not set. */
  XATTR_FOREIGN: null,
  /** Entries below a whiteout, such as `.wh.a/b`. */
  WHITEOUT_CONTENT: null,
  /** The C library, which sets times to the nanosecond, cannot be called. Times are exact to about a microsecond. */
  TIMES_ROUNDED: null,
  /** Times that the file system cannot store. */
  TIME_SKIPPED: null,
} as const

/** The code of a warning. */
export type WarningCode = keyof typeof warningCodes

/** Warnings that depend on the user, the system or the file system, not on the layer. */
const machineWarningCodes: ReadonlySet<string> = new Set<WarningCode>([
  'OWNER_SKIPPED',
  'DEVICE_SKIPPED',
  'XATTR_SKIPPED',
  'TIMES_ROUNDED',
  'TIME_SKIPPED',
])

/** Reports whether the cause of a warning is the machine, which affects every layer. */
export const isMachineWarning = (code: string): boolean => machineWarningCodes.has(code)

/** Receives a warning. */
export type Warn = (code: WarningCode, message: string) => void

/** Returns a function that passes only the first warning of each code to `warn`. */
export function onceEach(warn: Warn): Warn {
  const reported = new Set<WarningCode>()
  return (code, message) => {
    if (reported.has(code)) return
    reported.add(code)
    warn(code, message)
  }
}
