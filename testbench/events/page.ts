/** Makes docs/events.md: every event, field by field, from the comments of the codecs. */
import { readFileSync } from 'node:fs'
import { type CodecDocument, type CodecField, codecDocuments, unionMembers } from './codec-fields.js'

const source = readFileSync(new URL('../../lib/events/event.ts', import.meta.url), 'utf8')

/** Names of the codecs of events, in the order of a pull. */
const names = unionMembers(source, 'body')

/** The fields of every event, and the fields that each has beside its own. */
export const envelopeDocument = (): CodecDocument => codecDocuments(source, ['envelope'])[0]!
export const eventDocuments = (): readonly CodecDocument[] => codecDocuments(source, names)

/** The page. */
export function eventsPage(): string {
  const events = eventDocuments()
  return `# Events, field by field

Made from the codecs in \`lib/events/event.ts\` by \`npm run table -- events\`.
[The guide](guide/events.md) says how to use events. \`windlass pull --progress json\` writes one event per line, and the API of
[\`windlass serve\`](serve.md) sends the same ones.

An event is a JSON object. A reader ignores fields that it does not know: a newer version may add some. A field marked *may be
absent* is missing if it does not apply.

## In every event

${fieldsTable(envelopeDocument().fields)}
${events.map(section).join('\n')}
## The order of events

- \`start\` comes first and \`end\` last, once each. An event after \`end\` does not exist.
- \`manifest\` comes for each document that leads to the image: an index first. \`platform\` follows an index.
- \`plan\` comes once, before the first \`layer\`. A pull that fails before may have none.
- The events of one layer keep the order of the statuses. \`retrying\` and \`restart\` lead back to \`downloading\`. \`complete\` and
  \`exists\` are the last of their layer.
- \`paused\` and \`resumed\` take turns.
- \`image\`, or \`copied\`, comes before an \`end\` with the outcome \`done\`, and in no other case.
- \`seq\` grows by one with each event of a pull. A late subscriber misses numbers of events that later ones replaced, and of
  \`request\`.
`
}

const section = ({ text, fields }: CodecDocument): string => {
  const type = fields.find(({ path }) => path === 'type')?.type ?? ''
  const own = fields.filter(({ path }) => path !== 'type')
  return `## ${type}

${text}
${own.length === 0 ? '' : `\n${fieldsTable(own)}`}`
}

const fieldsTable = (fields: readonly CodecField[]): string =>
  [
    '| field | type | meaning |',
    '| --- | --- | --- |',
    ...fields.map(
      ({ path, type, isOptional, text }) =>
        `| \`${path}\` | ${type} | ${[text, ...(isOptional ? ['May be absent.'] : [])].join(' ')} |`,
    ),
    '',
  ].join('\n')
