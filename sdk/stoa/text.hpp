// What every text from outside has to pass before anything else looks at it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stoa {

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text) noexcept;

/// How many code points a well-formed text has. Lengths of the contracts are counted in these.
std::size_t code_points(std::string_view text) noexcept;

/// Whether there is a control character (C0, DEL, C1). `\t`, `\n` and `\r` count unless `line_breaks` allows them.
bool has_control(std::string_view text, bool line_breaks = false) noexcept;

/// Without the ASCII blanks at both ends.
std::string_view trim(std::string_view text) noexcept;

/// Whether a well-formed text shows anything: a code point that is neither a blank of any script nor invisible.
bool shows_something(std::string_view text) noexcept;

/// ASCII letters in lower case; other bytes unchanged.
std::string ascii_lower(std::string_view text);

/// Whether it has the form of an e-mail address: one `@`, 1 to 64 bytes before it, a host with a dot or with letters
/// outside ASCII behind it, 254 bytes at most, no blanks or control characters. Letters outside ASCII are accepted.
bool looks_like_email(std::string_view text) noexcept;

/// Whether it is an absolute http or https URL without credentials, blanks or control characters, of 2048 bytes at
/// most.
bool looks_like_http_url(std::string_view text) noexcept;

}  // namespace stoa
