/**
 * Contains the code of the unpack threads as text, so that a program that bundles Windlass needs no second file for them.
 * Only the package contains the text: `scripts/bundle.mjs` writes the compiled form of this module.
 */

/** `unpack-worker.ts` with all its imports, as one CommonJS script. Undefined if the script is a separate file. */
export const threadSource: string | undefined = undefined
