"""Creates a Backstage app as its documentation says, and gives it a sign-in page with Google and GitHub."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.interop.backstage.errors import CannotRunError
from tests.interop.backstage.node import NODE_MAJOR, find_node

NAME = "portal"
_WHO = ("-c", "user.name=A Developer", "-c", "user.email=developer@lumenfold.example")

APP_TSX = """\
import { createApp } from '@backstage/frontend-defaults';
import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { SignInPageBlueprint } from '@backstage/plugin-app-react';
import { SignInPage } from '@backstage/core-components';
import { githubAuthApiRef, googleAuthApiRef } from '@backstage/core-plugin-api';
import catalogPlugin from '@backstage/plugin-catalog/alpha';
import { navModule } from './modules/nav';
import { homeModule } from './modules/home';

const signInPage = SignInPageBlueprint.make({
  params: {
    loader: async () => props =>
      (
        <SignInPage
          {...props}
          providers={[
            { id: 'google', title: 'Google', message: 'Sign in with Google', apiRef: googleAuthApiRef },
            { id: 'github', title: 'GitHub', message: 'Sign in with GitHub', apiRef: githubAuthApiRef },
          ]}
        />
      ),
  },
});

export default createApp({
  features: [
    catalogPlugin,
    navModule,
    homeModule,
    createFrontendModule({ pluginId: 'app', extensions: [signInPage] }),
  ],
});
"""
"""The one edit of the frontend: a sign-in page (docs: "Sign-in configuration", new frontend system)."""

_MODULES = ("github", "google")
_LAST_LINE = "backend.start();"


class CreatedApp:
    """A Backstage app in a directory, with the programs that it needs.

    Params:
        directory: where the app and the tools go.
        node_major: which Node.js.
    """

    def __init__(self, directory: Path, node_major: int = NODE_MAJOR) -> None:
        self.directory = directory
        self.root = directory / NAME
        self._node_major = node_major
        self._tools = directory / f"tools-{node_major}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables for its programs: the chosen Node.js and yarn come first."""
        places = [self._node().parent, self._tools / "node_modules" / ".bin"]
        path = os.pathsep.join([*map(str, places), os.environ["PATH"]])
        # Where the headers of that Node.js are, for packages that are compiled; they need no download then.
        include = self._node().parents[1] / "include" / "node"
        headers = {"npm_config_nodedir": str(self._node().parents[1])} if include.is_dir() else {}
        return {**os.environ, "PATH": path, **headers}

    def get_tools(self) -> None:
        """Install yarn, and Node.js if it is another one than the tests have."""
        packages = ["yarn@1"] if self._node_major == NODE_MAJOR else ["yarn@1", f"node@{self._node_major}"]
        _run(["npm", "install", "--silent", "--prefix", str(self._tools), *packages], self.directory, dict(os.environ))

    def create(self) -> None:
        """`npx @backstage/create-app`."""
        command = ["npx", "--yes", "@backstage/create-app@latest", "--skip-install"]
        _run(command, self.directory, {**self.environment, "BACKSTAGE_APP_NAME": NAME})
        self._git("init", "--quiet")

    def install(self) -> None:
        """`yarn install`."""
        _run(["yarn", "install"], self.root, self.environment)

    def add_sign_in(self) -> None:
        """What a developer adds for two providers: a package, two lines of the backend, a sign-in page."""
        repaired = [
            # The one that create-app brings aborts with Node.js 24.19 in most starts ("RemoveEnvironmentCleanupHook").
            "better-sqlite3@^13",
            # A later one asks for what this release's router has not ("addWebSocketHandler"); the lock file that
            # create-app fetches has this one, if it can be fetched.
            "@backstage/plugin-signals-backend@0.3.19",
        ]
        added = [f"@backstage/plugin-auth-backend-module-{name}-provider" for name in _MODULES]
        _run(["yarn", "--cwd", "packages/backend", "add", *added, *repaired], self.root, self.environment)
        index = self.root / "packages/backend/src/index.ts"
        text = index.read_text(encoding="utf-8")
        lines = "".join(f"backend.add(import('{name}'));\n" for name in added if f"'{name}'" not in text)
        index.write_text(text.replace(_LAST_LINE, lines + _LAST_LINE), encoding="utf-8")
        (self.root / "packages/app/src/App.tsx").write_text(APP_TSX, encoding="utf-8")

    def commit(self) -> None:
        """Commit what the developer has made, so that `git status` shows what came after it."""
        self._git("add", "--all")
        self._git(*_WHO, "commit", "--quiet", "--allow-empty", "-m", "An app with Google and GitHub")

    def status(self) -> str:
        """What `git status --short` says."""
        return self._git("status", "--short")

    def is_ignored(self, name: str) -> bool:
        """Whether git ignores a file."""
        command = ["git", "check-ignore", "--quiet", name]
        return subprocess.run(command, cwd=self.root, check=False).returncode == 0

    def _git(self, *arguments: str) -> str:
        return _run(["git", *arguments], self.root, dict(os.environ))

    def _node(self) -> Path:
        if self._node_major == NODE_MAJOR:
            return find_node()
        return self._tools / "node_modules" / "node" / "bin" / "node"


def _run(command: list[str], directory: Path, environment: Mapping[str, str]) -> str:
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise CannotRunError(f"{command[0]} is missing.")
    done = subprocess.run(
        [program, *command[1:]], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr)[-3000:].strip()
        raise CannotRunError(f"{' '.join(command)} failed with status {done.returncode}:\n{said}")
    return done.stdout
