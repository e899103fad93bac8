/** The scope of a token: what it may be used for, in the distribution project's words. */

/** Reading one repository: all that a pull ever asks for. */
export const pullScope = (repository: string): string => `repository:${repository}:pull`
