#pragma once

namespace stalewatch {

struct TerminalConfig {
  enum class Color { automatic, always, never };
  Color color = Color::automatic;
  bool json = false;

  bool operator==(const TerminalConfig&) const = default;
};

}  // namespace stalewatch
