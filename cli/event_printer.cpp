#include "cli/event_printer.hpp"

#include "cli/marked_output.hpp"
#include "common/messages/json_lines.hpp"
#include "notifier/render.hpp"

#include <unistd.h>

#include <iostream>

namespace stalewatch::cli {

EventPrinter::EventPrinter(bool json) : json_(json), color_(can_color(STDOUT_FILENO)) {}

bool EventPrinter::print(const Event& event) const {
  if (json_)
    std::cout << to_json_line(event) << '\n';
  else
    std::cout << notifier::line_of({.event = event}, color_)
              << (event.inhibited ? " (inhibited)\n" : "\n");
  return std::cout.good();
}

}  // namespace stalewatch::cli
