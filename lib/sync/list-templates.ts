/** Replaces the templates in the values of a regsync file that state logins: `{{env "NAME"}}` and `{{file "PATH"}}`. */

/** Reads the values that templates name. Returns undefined if there is none. */
export interface TemplateValues {
  /** Returns an environment variable. */
  env(name: string): string | undefined
  /** Returns the content of a file. */
  file(path: string): string | undefined
}

const action = /\{\{-?\s*(.*?)\s*-?\}\}/gs
const call = /^(env|file)\s+(?:"([^"\\]*)"|`([^`]*)`)$/

/**
 * Returns `text` with its templates replaced. As in regsync, the content of a file loses the white space around it.
 * @throws TypeError, whose message is a clause, for a template of another kind or without a value
 */
export const expandTemplates = (text: string, values: TemplateValues): string =>
  text.replace(action, (_, content: string) => {
    const [, name, inQuotes, inBackticks] = call.exec(content) ?? []
    const argument = inQuotes ?? inBackticks
    if (argument === undefined)
      throw new TypeError(
        `the template {{${content}}} is not supported; {{env "NAME"}} and {{file "PATH"}} are`,
      )
    const value = name === 'env' ? values.env(argument) : values.file(argument)?.trim()
    if (value !== undefined) return value
    throw new TypeError(
      name === 'env' ? `the variable ${argument} is not set` : `the file ${argument} cannot be read`,
    )
  })
