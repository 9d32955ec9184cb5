// Built outside CI: needs Google's Maven repository, an Android SDK and an NDK. See README.md.
pluginManagement {
    repositories {
        google()
        mavenCentral()
    }
}
dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
    }
}
rootProject.name = "emongolia-android"
include(":core")
