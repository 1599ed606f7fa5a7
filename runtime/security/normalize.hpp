// One spelling for what people type in many: addresses, user names, names.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stoa::runtime {

/// The form in which addresses are stored and compared: trimmed, NFKC, case-folded. Nullopt where it is not an address:
/// one `@`, 1 to 64 code points before it, a host name behind it (with a dot, or with letters beyond ASCII), at most
/// 254 bytes, no blanks and no control characters. Letters beyond ASCII are welcome on both sides.
std::optional<std::string> normalize_email(std::string_view text);

/// A user name as it is shown: trimmed, NFKC, 1 to 150 letters (of any script), digits and `@.+-_`.
std::optional<std::string> normalize_username(std::string_view text);

/// The form in which user names and addresses are compared with each other: NFKC, case-folded.
/// Nullopt where the text is not well-formed UTF-8.
std::optional<std::string> fold_identifier(std::string_view text);

/// A person's or thing's name as it is shown: NFC, without blanks at its ends, at most `max_length` code points, no
/// control characters. It may come out empty; nullopt means unacceptable.
std::optional<std::string> normalize_name(std::string_view text, std::size_t max_length = 150);

}  // namespace stoa::runtime
