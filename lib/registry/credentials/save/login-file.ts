/** Reads and changes the logins in one file, and in the credential helpers that it names. */
import { asWindlassError, type WindlassError } from '../../../errors.js'
import { fileOrigin, parseConfigFields } from '../config-origin.js'
import { type CredentialKey, parseCredentialKey } from '../credential-key.js'
import { looksLikeEntry } from '../docker-entry.js'
import { CredentialHelper, type HelperOptions } from '../helper/credential-helper.js'
import { helperServers, helperSetting, namedHelpers } from '../helper-settings.js'
import { fieldsOf, type Fields } from '../json-fields.js'
import { codeOf, readConfigFile } from '../read-config-file.js'
import { editFile } from './replace-file.js'
import { withMember } from './object-text.js'

/** A login to save: a user name with a password or with an identity token. */
export interface Login {
  readonly username: string
  readonly password?: string
  /** Takes the place of the password. */
  readonly identityToken?: string
}

/** Where a login is, or was. */
export interface LoginPlace {
  /** Path of the file. */
  readonly file: string
  /** Name of the credential helper that has the login; undefined if the file has it, unencrypted. */
  readonly helper?: string
}

/** How keys are written: `docker` writes `https://index.docker.io/v1/` for Docker Hub, `podman` writes `docker.io`. */
export type KeyStyle = 'docker' | 'podman'

/** One file with logins. */
export class LoginFile {
  readonly path: string
  readonly style: KeyStyle
  readonly #helpers: HelperOptions

  constructor(path: string, style: KeyStyle, helpers: HelperOptions = {}) {
    this.path = path
    this.style = style
    this.#helpers = helpers
  }

  /**
   * Saves a login for a key, in place of one under the same name. The login for a whole registry goes to the helper of the
   * registry, if the file names one.
   * @param key - `quay.io`, or `quay.io/team`
   * @throws USAGE when the file cannot be parsed or written, or the helper fails; CANCELLED
   */
  async save(key: string, login: Login, signal?: AbortSignal): Promise<LoginPlace> {
    const parsed = parseCredentialKey(key)
    const json = await this.#read()
    const setting = parsed.path.length === 0 ? helperSetting(json, parsed.registry) : undefined
    const text = this.#keyText(parsed)
    if (setting === undefined) {
      await this.#write((fields) => keysToWrite(fields, parsed, text), entryOf(login), signal)
      return { file: this.path }
    }
    const helper = new CredentialHelper(setting.name, this.#helpers)
    await helper.store(text, helperLogin(login), signal)
    // Docker marks by an empty entry that the helper has a login. It also removes a password from the file.
    await this.#write((fields) => keysToWrite(fields, parsed, text), {}, signal)
    return { file: this.path, helper: setting.name }
  }

  /**
   * Removes the login for a key, under all its names. Returns where it was; undefined if there was none.
   * @throws as `save`
   */
  async remove(key: string, signal?: AbortSignal): Promise<LoginPlace | undefined> {
    const parsed = parseCredentialKey(key)
    const json = await this.#read()
    const setting = parsed.path.length === 0 ? helperSetting(json, parsed.registry) : undefined
    const helper = setting && new CredentialHelper(setting.name, this.#helpers)
    let wasInHelper = false
    for (const server of setting?.servers ?? []) {
      // Some helpers fail to erase what they do not have.
      if ((await helper?.get(server, signal)) === undefined) continue
      await helper?.erase(server, signal)
      wasInHelper = true
    }
    const wasInFile = await this.#write((fields) => equivalentKeys(fields, parsed), undefined, signal)
    if (!wasInHelper && !wasInFile) return undefined
    return { file: this.path, ...(wasInHelper && setting && { helper: setting.name }) }
  }

  /**
   * Removes all logins of the file and of its helpers. A helper that fails does not stop the others.
   * @param onFailure - receives the error of a helper
   * @throws USAGE when the file cannot be parsed or written; CANCELLED
   */
  async removeAll(
    onFailure: (error: WindlassError) => void,
    signal?: AbortSignal,
  ): Promise<readonly LoginPlace[]> {
    const { credsStore, credHelpers } = namedHelpers(await this.#read())
    const emptied = new Set<string>()
    const erase = async (name: string, servers: (helper: CredentialHelper) => Promise<readonly string[]>) => {
      const helper = new CredentialHelper(name, this.#helpers)
      try {
        for (const server of await servers(helper)) {
          await helper.erase(server, signal)
          emptied.add(name)
        }
      } catch (caught) {
        const error = asWindlassError(caught)
        if (error.code === 'CANCELLED') throw error
        onFailure(error)
      }
    }
    for (const [registry, name] of credHelpers)
      await erase(name, async (helper) => {
        const listed = await helper.list(signal)
        return [...new Set([registry, ...helperServers(registry)])].filter((server) => listed.has(server))
      })
    if (credsStore !== undefined)
      await erase(credsStore, async (helper) => [...(await helper.list(signal)).keys()])
    const changed = await this.#write((fields) => [...entriesIn(fields).keys()], undefined, signal)
    const helpers = [...emptied].map((helper) => ({ file: this.path, helper }))
    return changed && helpers.length === 0 ? [{ file: this.path }] : helpers
  }

  /** Reports whether the file exists. */
  async exists(): Promise<boolean> {
    return readConfigFile(this.path).then(
      (text) => text !== undefined,
      () => false,
    )
  }

  /**
   * Reports whether the file, or a helper according to the file, has a login for exactly this key. No helper is run.
   * @throws USAGE when the file cannot be parsed
   */
  async mentions(key: string): Promise<boolean> {
    const parsed = parseCredentialKey(key)
    const json = await this.#read()
    if (equivalentKeys(json, parsed).length > 0) return true
    return parsed.path.length === 0 && helperSetting(json, parsed.registry)?.isExpected === true
  }

  #keyText({ registry, path }: CredentialKey): string {
    if (path.length === 0 && registry === 'docker.io' && this.style === 'docker')
      return helperServers(registry)[0]!
    return [registry, ...path].join('/')
  }

  async #read(): Promise<Fields> {
    const text = await readConfigFile(this.path).catch((error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return ''
      throw error
    })
    return parseConfigFields(text ?? '', fileOrigin(this.path))
  }

  /** Sets the entries of `keys` to `value`, or removes them. Returns whether the file was changed. */
  async #write(
    keys: (fields: Fields) => readonly string[],
    value: object | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (value === undefined && !(await this.exists())) return false
    return editFile(
      this.path,
      (before) => {
        const fields = parseConfigFields(before, fileOrigin(this.path))
        let text = before.replace(/^\uFEFF/, '')
        if (!text.trimStart().startsWith('{')) text = '{}\n'
        // The old form has the entries at the top.
        const isOldForm = !fields.has('auths') && entriesIn(fields).size > 0
        const chosen = keys(fields)
        if (value === undefined && chosen.length === 0) return undefined
        return chosen.reduce(
          (edited, key) => withMember(edited, isOldForm ? [key] : ['auths', key], value),
          text,
        )
      },
      signal,
    )
  }
}

/** Returns the entries of `auths`, or those of the old form. */
const entriesIn = (fields: Fields): Fields =>
  fieldsOf(fields.get('auths')) ?? new Map([...fields].filter(([, value]) => looksLikeEntry(fieldsOf(value))))

/** Returns the keys in the file that mean the same registry and path. */
const equivalentKeys = (fields: Fields, { registry, path }: CredentialKey): readonly string[] =>
  [...entriesIn(fields).keys()].filter((text) => {
    const each = parseCredentialKey(text)
    return each.registry === registry && each.path.join('/') === path.join('/')
  })

/** The key of the tool, and the other names in the file: another tool reads them, and the old login is not valid any more. */
const keysToWrite = (fields: Fields, key: CredentialKey, text: string): readonly string[] => [
  ...new Set([text, ...equivalentKeys(fields, key)]),
]

/** Returns an entry as `docker login` and `podman login` write it. */
function entryOf({ username, password = '', identityToken }: Login): object {
  const auth = Buffer.from(`${username}:${identityToken === undefined ? password : ''}`, 'utf8').toString(
    'base64',
  )
  return { auth, ...(identityToken !== undefined && { identitytoken: identityToken }) }
}

const helperLogin = ({ username, password = '', identityToken }: Login) =>
  identityToken === undefined
    ? { username, secret: password }
    : { username: '<token>', secret: identityToken }
