/** Codes of warnings that more than one part of the program gives. */

/** A document was taken although something about it is missing or wrong. */
export const documentUnclear = 'document-unclear'
