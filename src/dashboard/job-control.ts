/**
 * Job control of the shell: suspends a job (Ctrl-Z), and continues it in the foreground (`fg`) or background (`bg`,
 * `&`). A background job must not touch the terminal: the system would suspend it.
 *
 * Source: POSIX.1-2017, 11.1.4 Terminal Access Control
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface JobControl {
  /** Whether the process is in the foreground; true also without job control, or if this cannot be determined. */
  inForeground(): boolean;
  /** Suspends this process, or its whole job like Ctrl-Z. Returns when it continues, or if it cannot be suspended. */
  stop(what: 'process' | 'job'): void;
}

export const systemJobs: JobControl = {
  inForeground() {
    try {
      const [group = 0, foreground = 0] = process.platform === 'linux' ? groupsOfLinux() : groupsOfPs();
      // A process without a controlling terminal has no foreground group.
      return foreground <= 0 || foreground === group;
    } catch {
      return true;
    }
  },
  stop(what) {
    // Windows has no job control.
    if (process.platform !== 'win32') process.kill(what === 'job' ? 0 : process.pid, 'SIGTSTP');
  },
};

/** This process's group and the terminal's foreground group. Source: proc_pid_stat(5) */
function groupsOfLinux(): number[] {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The second field, a name in parentheses, may contain spaces and parentheses.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [Number(group), Number(foreground)];
}

function groupsOfPs(): number[] {
  const args = ['-o', 'pgid=,tpgid=', '-p', String(process.pid)];
  const line = execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return line.trim().split(/\s+/).map(Number);
}
