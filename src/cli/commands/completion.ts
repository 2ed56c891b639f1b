import { Argument, type Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function completionCommands(program: Command, around: Surroundings): void {
  const completion = program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .description('the script that lets your shell complete commands, accounts, rules and job ids')
    .addHelpText(
      'after',
      [
        '\nExamples:',
        '  $ repost completion bash > ~/.local/share/bash-completion/completions/repost',
        '  $ repost completion zsh > ~/.zfunc/_repost    # in ~/.zshrc: fpath+=~/.zfunc; autoload -Uz compinit; compinit',
        '  $ repost completion fish > ~/.config/fish/completions/repost.fish',
      ].join('\n'),
    );
  completion.action(
    act(around, completion, async () => (await import('../actions/completion.ts')).printCompletion),
  );

  // What the scripts ask with each press of the tab key.
  const complete = program
    .command('complete [words...]', { hidden: true })
    .description('what could come next on this command line')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText('after', '\nExample:\n  $ repost complete -- jobs show ""');
  complete.action(
    act(around, complete, async () => (await import('../actions/completion.ts')).printCandidates(program)),
  );
}
