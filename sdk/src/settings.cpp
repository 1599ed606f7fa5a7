#include "stoa/settings.hpp"

namespace stoa {

settings_error::~settings_error() = default;
settings_view::~settings_view() = default;

}  // namespace stoa
