/** Builds token scopes (distribution project, "Token Scope Documentation"). */

/** Returns the scope for pulling from one repository. */
export const pullScope = (repository: string): string => `repository:${repository}:pull`
