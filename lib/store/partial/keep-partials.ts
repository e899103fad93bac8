/** How much of interrupted downloads is kept unless the caller says otherwise, in bytes. */
export const defaultKeepPartials = 1024 ** 3
