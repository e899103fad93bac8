/** What the user chose on this machine: theme, density of the lanes, single keys. */

/** Choices that are kept. */
export interface Preferences {
  /** Undefined: that of the system. */
  readonly theme?: 'light' | 'dark'
  /** Undefined: compact over 16 layers. */
  readonly density?: 'compact' | 'rows'
  readonly hasKeys: boolean
}
