/** Keeps what the user chose on this machine, in the storage of the browser. */
import type { Preferences } from '../facts/choices.js'

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
