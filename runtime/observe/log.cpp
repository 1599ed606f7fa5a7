#include "runtime/observe/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "stoa/settings.hpp"
#include "stoa/text.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {
namespace {

std::string_view level_name(log_level level) {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warn:
      return "warn";
    case log_level::error:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum spd_level(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warn:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// Appends `text` as the inside of a JSON string. Bytes that are not UTF-8 become U+FFFD.
void escape(std::string& out, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  const bool sound = valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20 || byte == 0x7F) {
          out += "\\u00";
          out += digits[byte >> 4];
          out += digits[byte & 15];
        } else if (byte >= 0x80 && !sound) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
}

void add_json(std::string& line, std::string_view name, std::string_view value) {
  line += ",\"";
  escape(line, name);
  // The line's own members keep their meaning whatever a field is called.
  if (name == "time" || name == "level" || name == "message") line += '_';
  line += "\":\"";
  escape(line, value);
  line += '"';
}

/// Whether a value can stand without quotes and still be told from what follows.
bool plain(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F && c != '"' && c != '\\' &&
           c != '=';
  });
}

void add_text(std::string& line, std::string_view name, std::string_view value) {
  line += ' ';
  line += name;
  line += '=';
  if (plain(value)) {
    line += value;
    return;
  }
  line += '"';
  escape(line, value);
  line += '"';
}

}  // namespace

struct bound_logger::output {
  output(spdlog::sink_ptr sink, log_level l, bool as_json) : spd("stoa", std::move(sink)), level(l), json(as_json) {
    spd.set_level(spdlog::level::trace);
    // JSON lines are complete as they come; text lines get time and level, the latter in colour on a terminal.
    spd.set_pattern(json ? "%v" : "%H:%M:%S.%e %^%-7l%$ %v");
    spd.flush_on(spdlog::level::debug);
  }

  spdlog::logger spd;
  std::atomic<log_level> level;
  const bool json;
};

bound_logger::bound_logger(std::shared_ptr<output> to, bindings bound)
    : output_(std::move(to)), bound_(std::move(bound)) {}

bound_logger::~bound_logger() = default;

bool bound_logger::enabled(log_level level) const noexcept {
  return level >= output_->level.load(std::memory_order_relaxed);
}

void bound_logger::write(log_level level, std::string_view message, log_fields fields) {
  if (enabled(level)) emit(level, message, fields.begin(), fields.end());
}

void bound_logger::write(log_level level, std::string_view message, const std::vector<log_field>& fields) {
  if (enabled(level)) emit(level, message, fields.data(), fields.data() + fields.size());
}

void bound_logger::emit(log_level level, std::string_view message, const log_field* begin, const log_field* end) {
  std::string line;
  line.reserve(256);
  const bool json = output_->json;
  if (json) {
    line += "{\"time\":\"";
    line += rfc3339(system_clock{}.now());
    line += "\",\"level\":\"";
    line += level_name(level);
    line += "\",\"message\":\"";
    escape(line, message);
    line += '"';
  } else {
    escape(line, message);
  }
  const auto add = json ? add_json : add_text;
  // A line's own field stands in for a bound one of the same name: no name appears twice.
  for (const auto& [name, value] : bound_) {
    if (std::none_of(begin, end, [&name = name](const log_field& f) { return f.name == name; })) add(line, name, value);
  }
  for (const auto* f = begin; f != end; ++f) add(line, f->name, f->value);
  if (json) line += '}';
  output_->spd.log(spd_level(level), spdlog::string_view_t{line.data(), line.size()});
}

std::shared_ptr<bound_logger> bound_logger::with(std::string name, std::string value) const {
  auto bound = bound_;
  const auto same = std::ranges::find(bound, name, [](const auto& b) { return b.first; });
  if (same != bound.end())
    same->second = std::move(value);
  else
    bound.emplace_back(std::move(name), std::move(value));
  return std::make_shared<bound_logger>(output_, std::move(bound));
}

void bound_logger::set_level(log_level level) noexcept { output_->level.store(level, std::memory_order_relaxed); }

std::shared_ptr<bound_logger> make_logger(const log_options& settings, std::ostream* to) {
  const bool terminal = !to && ::isatty(STDERR_FILENO) == 1;
  const bool json = settings.format == log_style::json || (settings.format == log_style::automatic && !terminal);
  spdlog::sink_ptr sink;
  if (to)
    sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*to);
  else if (json)
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  else
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(spdlog::color_mode::automatic);
  auto output = std::make_shared<bound_logger::output>(std::move(sink), settings.level, json);
  return std::make_shared<bound_logger>(std::move(output), bound_logger::bindings{});
}

log_level parse_log_level(std::string_view text) {
  if (text == "debug") return log_level::debug;
  if (text == "info") return log_level::info;
  if (text == "warn" || text == "warning") return log_level::warn;
  if (text == "error") return log_level::error;
  throw settings_error("log level '" + std::string{text} + "' is not one of debug, info, warn, error");
}

log_style parse_log_style(std::string_view text) {
  if (text == "auto") return log_style::automatic;
  if (text == "text") return log_style::text;
  if (text == "json") return log_style::json;
  throw settings_error("log format '" + std::string{text} + "' is not one of auto, text, json");
}

}  // namespace stoa::runtime
