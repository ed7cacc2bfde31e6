"""Compile a parsed file into a book, and note everything that a schema cannot see."""

from bot.rules.compiling.book import Extend, ModuleRefused, compile_book

__all__ = ["Extend", "ModuleRefused", "compile_book"]
