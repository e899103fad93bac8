/** What the user chose on this machine: theme, density of the lanes, single keys. */

/** Choices that are kept. */
export interface Preferences {
  /** Undefined: that of the system. */
  readonly theme?: 'light' | 'dark'
  /** Undefined: compact over 16 layers. */
  readonly density?: 'compact' | 'rows'
  readonly hasKeys: boolean
}

const key = 'windlass-preferences'

export function readPreferences(): Preferences {
  try {
    const { theme, density, hasKeys } = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<
      string,
      unknown
    >
    return {
      ...((theme === 'light' || theme === 'dark') && { theme }),
      ...((density === 'compact' || density === 'rows') && { density }),
      hasKeys: hasKeys !== false,
    }
  } catch {
    return { hasKeys: true }
  }
}

/** Keeps the choices. A browser that keeps nothing shows them until it is closed. */
export function writePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(key, JSON.stringify(preferences))
  } catch {
    // Storage is switched off.
  }
}

/** Shows a theme; undefined: that of the system. */
export function showTheme(theme: Preferences['theme']): void {
  if (theme) document.documentElement.dataset['theme'] = theme
  else delete document.documentElement.dataset['theme']
}

export const isDark = (theme: Preferences['theme']): boolean =>
  theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
