/** Defines codes of warnings that several parts of the program emit. */

/** A document was accepted although a part of it is missing or invalid. */
export const documentUnclear = 'document-unclear'
