/**
 * Writes docs/openapi.json: the OpenAPI document of the API of `windlass serve`, made from its operations and codecs.
 *
 *     npm run table -- openapi
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { openApiDocument } from '../server/api/openapi.js'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string }
const file = 'docs/openapi.json'
const options = { ...(await resolveConfig(file)), filepath: file }
writeFileSync(file, await format(JSON.stringify(openApiDocument(version)), options))
