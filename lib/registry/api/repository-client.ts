/** Binds the client of a registry to one repository and its credential. */
import type { AccessHelp } from '../policy/access-help.js'
import type { RepositoryAccess } from '../auth/access.js'
import type { Client, RegistryRequest } from './client.js'
import type { CredentialRequest } from '../credentials/credentials.js'
import type { FinalResponse } from '../http/redirects.js'

/** A request for the repository. `onWarning` receives warnings of the credential lookup. */
export interface RepositoryRequest
  extends Omit<RegistryRequest, 'repository' | 'credential' | 'help'>, Pick<CredentialRequest, 'onWarning'> {}

/** The client of one repository. */
export class RepositoryClient {
  readonly foreignUrls: Client['foreignUrls']
  readonly sendForeign: Client['sendForeign']
  readonly locationIn: Client['locationIn']
  readonly #client: Client
  readonly #repository: string
  readonly #access: RepositoryAccess

  constructor(client: Client, repository: string, access: RepositoryAccess) {
    this.#client = client
    this.#repository = repository
    this.#access = access
    this.foreignUrls = () => client.foreignUrls()
    this.sendForeign = (request, urls) => client.sendForeign(request, urls)
    this.locationIn = (response, purpose) => client.locationIn(response, purpose)
  }

  /**
   * Looks up the credential and sends the request with it.
   * @throws errors of the credential lookup; as `Client.send`
   */
  async send({ onWarning, ...request }: RepositoryRequest): Promise<FinalResponse> {
    const credential = await this.#access.credential({ signal: request.signal, onWarning })
    const help = (): AccessHelp => this.#access.help()
    return this.#client.send({ ...request, repository: this.#repository, credential, help })
  }
}
