/**
 * Holds the code of the unpack threads as a text, so that a program that bundles Windlass needs no second file for them.
 * In the package only: `scripts/bundle.mjs` writes the compiled form of this module.
 */

/** `unpack-worker.ts` with all that it imports, as one CommonJS script. Undefined where the script is a file. */
export const threadSource: string | undefined = undefined
