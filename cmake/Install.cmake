# SPDX-License-Identifier: LGPL-2.1-or-later
# With the prefix /usr the files lie where the builders of images look, and where their hooks
# expect the program. Its path is not CMAKE_INSTALL_LIBDIR: in the image it is the same on each
# distribution.
include(GNUInstallDirs)

set(PT_LICENSE_DIR "${CMAKE_INSTALL_DOCDIR}" CACHE STRING "Where the licence is installed")

install(PROGRAMS "$<TARGET_FILE:pt-hook>" DESTINATION lib/pt-hook)
if(TARGET ptctl)
    install(TARGETS ptctl RUNTIME DESTINATION bin)
    file(GLOB schemas CONFIGURE_DEPENDS docs/ptctl-*.schema.json)
    install(FILES ${schemas} DESTINATION "${CMAKE_INSTALL_DOCDIR}")
    install(FILES man/ptctl.8 DESTINATION "${CMAKE_INSTALL_MANDIR}/man8")
    install(FILES completions/ptctl.bash RENAME ptctl
            DESTINATION share/bash-completion/completions)
    install(FILES completions/_ptctl DESTINATION share/zsh/site-functions)
    install(FILES completions/ptctl.fish DESTINATION share/fish/vendor_completions.d)
endif()
if(PT_INITRAMFS_TOOLS)
    install(PROGRAMS initramfs-tools/hooks/pt-hook DESTINATION share/initramfs-tools/hooks)
    install(PROGRAMS initramfs-tools/scripts/init-top/pt-hook
            DESTINATION share/initramfs-tools/scripts/init-top)
endif()
if(PT_DRACUT)
    install(PROGRAMS dracut/50pt-hook/module-setup.sh dracut/50pt-hook/pt-hook.sh
            DESTINATION lib/dracut/modules.d/50pt-hook)
endif()
if(PT_DRACUT OR PT_MKINITCPIO)
    # For images in which systemd is the init. On the running system nothing enables them.
    install(FILES systemd/pt-hook.service systemd/pt-hook-stop.target
            DESTINATION lib/systemd/system COMPONENT units)
endif()
if(PT_MKINITCPIO)
    # A component, so that the tests can install it beside a package made without it.
    install(PROGRAMS mkinitcpio/install/pt-hook DESTINATION lib/initcpio/install
            COMPONENT mkinitcpio)
    install(PROGRAMS mkinitcpio/hooks/pt-hook DESTINATION lib/initcpio/hooks COMPONENT mkinitcpio)
    install(FILES mkinitcpio/place.sh DESTINATION lib/pt-hook RENAME mkinitcpio-place.sh
            COMPONENT mkinitcpio)
    install(FILES mkinitcpio/zz-pt-hook.conf
            DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}/mkinitcpio.conf.d" COMPONENT mkinitcpio)
    install(PROGRAMS mkinitcpio/libalpm/pt-hook-check DESTINATION share/libalpm/scripts
            COMPONENT mkinitcpio)
    install(FILES mkinitcpio/libalpm/60-pt-hook-remove.hook
            mkinitcpio/libalpm/95-pt-hook-check.hook
            DESTINATION share/libalpm/hooks COMPONENT mkinitcpio)
endif()
# The program reads it in /etc, which this is with the prefix /usr.
install(FILES packaging/pt-hook.conf DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}")
install(FILES LICENSE NOTICE DESTINATION "${PT_LICENSE_DIR}")
# Beside the guide, and with links to no files that are not installed.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS README.md)
file(READ README.md readme)
string(REPLACE "[docs/guide.md](docs/guide.md)" "[guide.md](guide.md)" readme "${readme}")
string(REGEX REPLACE "\\[(docs/[a-z-]+[.]md)\\]\\(docs/[a-z-]+[.]md\\)" "\\1 of the source" readme
       "${readme}")
file(WRITE "${PROJECT_BINARY_DIR}/installed/README.md" "${readme}")
install(FILES "${PROJECT_BINARY_DIR}/installed/README.md" CHANGELOG.md docs/guide.md
        docs/report.schema.json DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES man/pt-hook.8 DESTINATION "${CMAKE_INSTALL_MANDIR}/man8")
install(FILES man/pt-hook.conf.5 DESTINATION "${CMAKE_INSTALL_MANDIR}/man5")
install(FILES man/pt-hook-cmdline.7 DESTINATION "${CMAKE_INSTALL_MANDIR}/man7")
