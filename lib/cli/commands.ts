import type { Command } from './command.js';
import { doctor } from './doctor/doctor.js';

/** The subcommands, by name. */
export const commands: Readonly<Record<string, Command>> = { doctor };
