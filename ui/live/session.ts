/** Keeps the token of the server for this tab: it comes in the address that serve printed, and leaves the address bar at once. */

const key = 'windlass-token'

/** Takes the token out of the address, or returns the one that this tab took before. Undefined if there is none. */
export function takeToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null && given !== '') {
    sessionStorage.setItem(key, given)
    history.replaceState(null, '', location.pathname)
  }
  return sessionStorage.getItem(key) ?? undefined
}

/** Forgets a token that the server refused. */
export const forgetToken = (): void => sessionStorage.removeItem(key)
