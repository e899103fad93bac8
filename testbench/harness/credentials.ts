/** Provides the login of the only user of the test servers. */

export interface Credentials {
  readonly username: string
  readonly password: string
}

export const credentials: Credentials = { username: 'windlass', password: 'windlass-secret' }

/** The login as a line of an htpasswd file. The bcrypt hash is fixed, because Node cannot compute bcrypt. */
export const htpasswd = 'windlass:$2y$04$windlasswindlasswindlOUXcHZk9hrkV0aursMEpaoEpifE3ZGM2\n'
