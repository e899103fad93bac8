/** Builds token scopes (distribution project, "Token Scope Documentation"). */

/** Returns the scope for pulling from one repository. */
export const pullScope = (repository: string): string => `repository:${repository}:pull`

/** Returns the scope for pushing to one repository, and for checking what it contains. */
export const pushScope = (repository: string): string => `repository:${repository}:pull,push`

/** Returns the scope for removing content of one repository, and for checking what it contains. */
export const deleteScope = (repository: string): string => `repository:${repository}:pull,push,delete`

/**
 * Returns the scopes of a challenge together with `needed`, separated by spaces. Actions on the same resource are
 * merged. A challenge names the scope of one request; a token with all `needed` scopes also serves later requests.
 */
export function mergeScopes(challenged: string, needed: readonly string[]): string {
  if (needed.length === 0) return challenged
  const actions = new Map<string, Set<string>>()
  for (const scope of [...challenged.split(/\s+/), ...needed]) {
    // The last colon separates the actions: the name of a resource may contain the colon before a port.
    const colon = scope.lastIndexOf(':')
    if (colon < 0) {
      if (scope !== '') actions.set(scope, new Set())
      continue
    }
    const resource = scope.slice(0, colon)
    const known = actions.get(resource) ?? new Set()
    for (const action of scope.slice(colon + 1).split(',')) known.add(action)
    actions.set(resource, known)
  }
  return [...actions]
    .map(([resource, names]) => (names.size === 0 ? resource : `${resource}:${[...names].join(',')}`))
    .join(' ')
}
