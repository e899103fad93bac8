/** Things a layer has that could not be made, said once each however often they come. */

export const warningCodes = {
  /** Owners that this process may not set, or that its user namespace or the file system does not have. */
  OWNER_SKIPPED: null,
  /** The owner 2^32 - 1, which no file can have: root's. */
  OWNER_NONE: null,
  /** Entries below what the same layer made something else of: it made way for a directory. */
  PARENT_REPLACED: null,
  /** More directories that no entry names than a record holds. */
  IMPLIED_UNRECORDED: null,
  /** Devices whose number Linux does not have. */
  DEVICE_FOREIGN: null,
  /** Device nodes that this process may not make; fifos where the file system has none. */
  DEVICE_SKIPPED: null,
  /** Character devices 0/0, which overlayfs would take for whiteouts of ours. */
  WHITEOUT_DEVICE_SKIPPED: null,
  /** Extended attributes that the user, the file system or Linux does not allow. */
  XATTR_SKIPPED: null,
  /** Extended attributes of a namespace that no image may set. */
  XATTR_FOREIGN: null,
  /** Entries below a name that is a whiteout. */
  WHITEOUT_CONTENT: null,
  /** No access to the C library: times are exact to about a microsecond. */
  TIMES_ROUNDED: null,
  /** Times that the file system refuses. */
  TIME_SKIPPED: null,
} as const

export type WarningCode = keyof typeof warningCodes

/** Kinds that say something of the user, the system or the file system rather than of one layer. */
const ofMachine: ReadonlySet<string> = new Set<WarningCode>([
  'OWNER_SKIPPED',
  'DEVICE_SKIPPED',
  'XATTR_SKIPPED',
  'TIMES_ROUNDED',
  'TIME_SKIPPED',
])

/** Whether a warning with that code says of this machine what holds for every layer. */
export const isMachineWarning = (code: string): boolean => ofMachine.has(code)

export type Warn = (code: WarningCode, message: string) => void

/** A `warn` that passes each code on once. */
export function onceEach(warn: Warn): Warn {
  const said = new Set<WarningCode>()
  return (code, message) => {
    if (said.has(code)) return
    said.add(code)
    warn(code, message)
  }
}
