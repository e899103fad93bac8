/** The one user whom the test servers know. */

export interface Credentials {
  readonly username: string
  readonly password: string
}

export const credentials: Credentials = { username: 'windlass', password: 'windlass-secret' }

/** The same as a line of an htpasswd file: bcrypt, which Node cannot make. */
export const htpasswd = 'windlass:$2y$04$windlasswindlasswindlOUXcHZk9hrkV0aursMEpaoEpifE3ZGM2\n'
