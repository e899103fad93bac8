/**
 * Selects the environment variables that a credential helper receives. A helper needs to find its programs, its files,
 * the session of the user and its cloud account. Other variables, such as tokens of a CI job or the password of a login,
 * are not passed on.
 */

const names = [
  // Where programs and files are.
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'DOCKER_CONFIG', 'XDG_*', 'PASSWORD_STORE_*'],
  // Language and terminal, which gpg tells to the program that asks for a passphrase.
  ...['LANG', 'LANGUAGE', 'LC_*', 'TERM', 'GPG_*', 'GNUPGHOME'],
  // The session: keyrings are services on its bus, and ask for a password on its display.
  ...['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'DBUS_SESSION_BUS_ADDRESS', 'SSH_AUTH_SOCK'],
  // Cloud accounts. GCE_METADATA_* and IDENTITY_* name the service that knows the account of a machine.
  ...['AWS_*', 'GOOGLE_*', 'CLOUDSDK_*', 'GCE_METADATA_*', 'AZURE_*', 'IDENTITY_*', 'MSI_*'],
  // Networks.
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'],
  // Programs of Windows in WSL (`docker-credential-desktop.exe`).
  ...['WSL_*', 'WSLENV'],
] as const

/** Variables that programs know in lower case too. */
const proxies = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']

/** Name of the variable with further names, separated by commas; a `*` at the end stands for any characters. */
export const additionalVariables = 'WINDLASS_HELPER_ENV'

/** Returns the variables of `env` that a helper receives. */
export function helperEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const additional = (env[additionalVariables] ?? '').split(',').map((name) => name.trim())
  const patterns = [...names, ...proxies, ...additional].filter((name) => name !== '' && name !== '*')
  const isPassedOn = (name: string): boolean =>
    patterns.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    )
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => {
      const [name, value] = entry
      return value !== undefined && isPassedOn(name)
    }),
  )
}
