/** `windlass completion`: prints the script that makes a shell complete the command lines of `windlass`. */
import { type Command, Argument } from 'commander'
import { type Shell, shells, shellScripts } from '../../completion/shell-scripts.js'
import type { Console } from '../../terminal/terminal.js'

const examples = `
Examples:
  source <(windlass completion bash)       in ~/.bashrc
  source <(windlass completion zsh)        in ~/.zshrc, after compinit
  windlass completion fish | source        in ~/.config/fish/config.fish
  windlass completion bash > /usr/share/bash-completion/completions/windlass
  windlass completion zsh > /usr/local/share/zsh/site-functions/_windlass

Completes commands, options and their values, names of images in the store, ids
of the pulls of a running server, and tags: “windlass pull alpine:” and Tab asks
the registry, for at most 1.5 seconds.`

/** Defines the arguments and the action of `windlass completion`. */
export function defineCompletion(command: Command, terminal: Console): void {
  command
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText('after', examples)
    .action(async (shell: Shell) => {
      await terminal.output.write(shellScripts[shell])
    })
}
