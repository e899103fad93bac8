/** The texts of the help that belong to no command. The manual pages have them too (scripts/man-pages.mjs). */

/** What the program is. */
export const description = 'Pulls container images from any OCI or Docker registry, without a daemon.'

/** Text after the list of commands. */
export const epilogue = `
Image names are written as for Docker. Images on this machine are oci:DIR,
oci-archive:FILE, docker-archive:FILE (each also with :NAME or :@N), dir:DIR and
rootfs:DIR. “windlass COMMAND --help” has examples, and names the variable that
sets an option.

Exit codes: 0 success, 1 other errors, 2 usage or invalid reference, 3
unauthorized or denied, 4 not found, 5 verification failed, 6 network or
registry, 7 store, 8 not an image or not supported, 130 cancelled.`
