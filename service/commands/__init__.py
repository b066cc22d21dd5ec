"""The command line, one module for each family of commands.

To add a family, write a module with ``add_commands(subparsers)`` and enter it in
``service.__main__``.  A command sets ``run`` to a function from its arguments to an exit code;
what it has to say goes to standard output, what went wrong is raised.
"""
